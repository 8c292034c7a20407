"""Pages for people: of a scan, of many, of an evaluation; and an evaluation as JSON and CSV for programs."""
