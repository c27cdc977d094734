"""Reading completions and certificates, each for one kind of reader."""
