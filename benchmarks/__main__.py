"""Run all benchmarks in turn and print their figures."""

from benchmarks import national_rail

national_rail.main()
