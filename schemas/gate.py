"""Sealed content and what comes out of it: the two types that make leaks fail to type-check."""

from typing import Generic, TypeVar, final

from typing_extensions import override

from schemas.records import Post, PostFacts

T_co = TypeVar("T_co", covariant=True)


@final
class ReleaseKey:
    """Held by `server.services.sharing` alone; an architecture test looks for other makers."""

    __slots__ = ()


@final
class Released(Generic[T_co]):
    """Content that `release` let out for one principal on one surface.

    Every serializer, template and delivery takes this and never the bare record.
    """

    __slots__ = ("content",)

    def __init__(self, content: T_co, key: ReleaseKey) -> None:
        del key
        self.content = content


@final
class SealedPost:
    """A post as storage yields it: `facts` may be read, the words may not.

    Only `open_with` gives the words, and only to the holder of a `ReleaseKey`.
    """

    __slots__ = ("__post",)

    def __init__(self, post: Post) -> None:
        self.__post = post

    @property
    def facts(self) -> PostFacts:
        return self.__post.facts

    def open_with(self, key: ReleaseKey) -> Released[Post]:
        return Released(self.__post, key)

    @override
    def __repr__(self) -> str:
        return f"SealedPost({self.facts.id})"
