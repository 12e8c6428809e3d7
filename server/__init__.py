"""What happens: one agency's instance. Web, storage, workers."""
