"""Known porting faults, put one at a time and in pairs into models that are right: is the cause named?

    python -m faults [MODEL …]

Each model is converted to a native checkpoint, and a fault is written into that: into the architecture that it carries,
or into a parameter. `crosswalk verify --diagnose` must name the cause first, at the node where it was put.
"""
