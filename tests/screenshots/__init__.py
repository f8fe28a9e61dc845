"""Pictures of the report on the sample logs, as real Chromium shows it: `make screenshots`."""
