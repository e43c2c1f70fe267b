package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// printPackages lists the sizes of the Lambda packages of every folder that `make build` has filled.
func printPackages(out io.Writer, build string) error {
	sizes := map[string]map[string]int64{} // by function and folder
	var folders []string
	for _, folder := range []string{"local", "arm64", "x86_64"} {
		zips, err := filepath.Glob(filepath.Join(build, folder, "*.zip"))
		if err != nil {
			return err
		}
		if len(zips) > 0 {
			folders = append(folders, folder)
		}
		for _, zip := range zips {
			info, err := os.Stat(zip)
			if err != nil {
				return err
			}
			function := strings.TrimSuffix(filepath.Base(zip), ".zip")
			if sizes[function] == nil {
				sizes[function] = map[string]int64{}
			}
			sizes[function][folder] = info.Size()
		}
	}
	if len(folders) == 0 {
		return fmt.Errorf("no zips in %s: run `make build`", build)
	}
	fmt.Fprintf(out, "\n## Packages\n\n| zip |")
	for _, folder := range folders {
		fmt.Fprintf(out, " build/%s |", folder)
	}
	fmt.Fprintf(out, "\n|---|%s\n", strings.Repeat("---|", len(folders)))
	for _, function := range sorted(sizes) {
		fmt.Fprintf(out, "| %s |", function)
		for _, folder := range folders {
			if n, ok := sizes[function][folder]; ok {
				fmt.Fprintf(out, " %.1f MB |", float64(n)/1e6)
			} else {
				fmt.Fprintf(out, " |")
			}
		}
		fmt.Fprintln(out)
	}
	return nil
}
