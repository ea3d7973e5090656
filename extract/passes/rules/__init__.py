"""rules: a station of the data's way."""
