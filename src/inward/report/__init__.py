"""A report: everything the methods found about a model and its images, gathered, saved, shown."""
