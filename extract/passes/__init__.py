"""passes: a station of the data's way."""
