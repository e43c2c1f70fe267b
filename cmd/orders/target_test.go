package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestBadFlagsSayWhatIsWrong(t *testing.T) {
	project(t, "")
	url := "http://127.0.0.1:1"
	for want, args := range map[string][]string{
		"--count must be from 1 to 10000000, got 0":      {"place", "-n", "0", "--url", url},
		"--concurrency must be from 1 to 1000, got 1001": {"place", "-c", "1001", "--url", url},
		`invalid argument "x" for "-n, --count"`:         {"place", "-n", "x"},
		"--wait must not be negative":                    {"verify", "--wait", "-1s", "--url", url},
		"--wait must not be negative, got -3s":           {"place", "--wait", "-3s", "--url", url},
		"curl is for the local stack: use --pattern":     {"curl", "--url", url},
		"unknown flag: --colour":                         {"place", "--colour"},
		`unknown command "plaice"`:                       {"plaice"},
		`required flag(s) "accountid", "vendorid"`:       {"get", "--url", url},
		`--accountid must be 1 to 128 of the characters`: {"get", "--url", url, "--accountid", "a/b", "--vendorid", "v"},
		`--vendorid must be 1 to 128 of the characters`:  {"invoice", "--url", url, "--accountid", "a", "--vendorid", ""},
		`--url must be like https://host/prod`:           {"place", "--url", "localhost:80"},
		`without ? or #`:                                 {"place", "--url", "http://h/prod?x=1"},
		`[pattern url] were all set`:                     {"place", "--url", url, "--pattern", "fanout"},
		"--pattern must be one of fanout, orchestrator, eventstream, got \"checker\": its orders are placed with `orders checker`": {"place", "--pattern", "checker"},
		"--pattern must be one of checker, got \"fanout\": its orders are placed with `orders place`":                              {"checker", "--pattern", "fanout"},
		`--pattern must be one of checker, got "x"`:                                                                                {"checker", "--pattern", "x"},
		"--count must be from 1 to 10000000, got -1":                                                                               {"checker", "-n", "-1", "--url", url},
		"--attempts must be from 1 to 100, got 0":                                                                                  {"checker", "--attempts", "0", "--url", url},
		"--customers must be from 1 to 10000, got 0":                                                                               {"checker", "--customers", "0", "--url", url},
		"--products must be from 1 to 10000, got 10001":                                                                            {"checker", "--products", "10001", "--url", url},
		"--wait must not be negative, got -2s":                                                                                     {"checker", "--wait", "-2s", "--url", url},
		"--concurrency must be from 1 to 1000, got 0":                                                                              {"demo", "-c", "0"},
		"--wait must be more than 0, got 0s":                                                                                       {"demo", "--wait", "0s"},
		"demo is for the local stack: use `orders place` or":                                                                       {"demo", "--url", url},
		"no local stack is up":                                                                                                     {"demo"},
	} {
		_, _, err := orders(t, args...)
		require.ErrorContains(t, err, want, args)
	}
}

func TestLocalStackIsFoundFromTheProject(t *testing.T) {
	const a, b = `"fanout":{"url":"http://h/a/prod"}`, `"eventstream":{"url":"http://h/b/prod"}`
	for name, c := range map[string]struct{ outputs, pattern, url, fault string }{
		"the only one":       {"{" + a + "}", "", "http://h/a/prod", ""},
		"beside the checker": {"{" + a + `,"checker":{"url":"http://h/c"},"region":"x"}`, "", "http://h/a/prod", ""},
		"one of two":         {"{" + a + "," + b + "}", "eventstream", "http://h/b/prod", ""},
		"which of two?":      {"{" + a + "," + b + "}", "", "", "choose with --pattern one of fanout, eventstream"},
		"one not running":    {"{" + a + "}", "eventstream", "", "does not run the pattern eventstream; it runs: fanout"},
		"none running":       {`{"fanout":{}}`, "", "", "runs none of the patterns fanout, orchestrator, eventstream"},
		"broken":             {`{`, "", "", "reading the local stack's outputs in "},
		"not up":             {"", "", "", "outputs.json does not exist): run `make up`"},
	} {
		t.Run(name, func(t *testing.T) {
			project(t, c.outputs)
			got, err := (&target{pattern: c.pattern}).coffee()
			if c.fault != "" {
				require.ErrorContains(t, err, c.fault)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.url, got.URL)
		})
	}
	t.Run("outside a project", func(t *testing.T) {
		t.Chdir(t.TempDir())
		_, err := (&target{}).coffee()
		require.ErrorContains(t, err, "has a Pulumi.yaml")
		_, _, err = orders(t, "place", "--url", "http://127.0.0.1:1")
		require.ErrorContains(t, err, "no --accepted given")
	})
}
