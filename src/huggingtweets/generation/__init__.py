"""Text generation: the sampler, streaming, the text filters, and the index of what may not be copied."""
