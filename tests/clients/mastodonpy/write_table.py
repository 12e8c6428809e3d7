"""Write tests/clients/README.md: what of Mastodon.py's suite does not pass here, and why."""

from tests.clients.mastodonpy.listed import TABLE, read, table

if __name__ == "__main__":
    TABLE.write_text(table(read()))
