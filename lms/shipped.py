"""Where the files lie that are not Python: beside the source, or inside an installed wheel."""

from pathlib import Path

HERE = Path(__file__).parent


def shipped(name: str) -> Path:
    """The folder `translations`, `migrations` or `content`."""
    beside_source = HERE.parent / name
    return beside_source if (HERE.parent / "pyproject.toml").exists() else HERE / "_shipped" / name
