"""How the network that tells CT slices from frontal radiographs and the rest is made: pictures, fitting, export."""
