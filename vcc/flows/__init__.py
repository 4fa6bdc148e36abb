"""Flows on the disk for those who write them: which are meant by a path, and the scripts beside them.

    paths -> finding.py: each flow with its scripts and its surroundings -> testing.py: all played, what was gone

The flows of a configuration are those of `vcc.lint`; a flow that stands in no configuration is taken alone. Used by the
command line (`vcc flow …`) and the checks of this repository; nothing here runs while calls are served.
"""
