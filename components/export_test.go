package components

import "flag"

// Update is for the tests of both packages here.
var Update = flag.Bool("update", false, "rewrite what tests compare with: golden lists in testdata, diagrams in docs")
