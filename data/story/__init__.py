"""The teller of the sample incidents: what people wrote as text files becomes raw evidence in true formats.

Each sample's builder holds its own facts and the noise of its machines; `company` is who is told about,
`slack` and `pagerduty` write their formats, `files` puts them down the same every time, and `building` is
what all builders do alike.
"""
