"""Reading for pages that are composed of several packages: what participants did, by alias and in whole days."""
