"""Pages of signing in, second factors, devices and one's own settings."""
