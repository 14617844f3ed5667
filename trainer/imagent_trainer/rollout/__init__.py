"""An episode without its model: text protocol, tools, views, positions, limits and the loop."""
