"""From a graph to a plan: specialise, rewrite, fuse, place, lay out, partition."""
