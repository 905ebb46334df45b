"""pmkit: from incident evidence to a blameless postmortem, in Jupyter and on the command line."""
