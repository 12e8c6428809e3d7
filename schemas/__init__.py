"""What things look like: the wire, the client API, our own records. Imports nothing of ours."""
