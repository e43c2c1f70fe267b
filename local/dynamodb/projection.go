package dynamodb

import (
	"maps"
	"slices"
)

// projection is a tree of the paths to keep; a leaf keeps everything below it.
type projection map[step]projection

// parseProjection reads a projection expression.
//
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ProjectionExpressions.html
func parseProjection(src string, sc *scope) (projection, error) {
	return parse("ProjectionExpression", src, sc, nil, func(p *parser) projection {
		var paths []path
		for {
			paths = append(paths, p.path())
			if !p.accept(",") {
				break
			}
		}
		p.checkPaths(paths)
		return project(paths)
	})
}

// project returns the projection that keeps these paths.
func project(paths []path) projection {
	root := projection{}
	for _, p := range paths {
		at := root
		for _, s := range p {
			if at[s] == nil {
				at[s] = projection{}
			}
			at = at[s]
		}
	}
	return root
}

// of returns what the projection keeps of an item; everything if there is no projection.
func (p projection) of(item Map) Map {
	if p == nil || item == nil {
		return item
	}
	kept, _ := p.pick(item).(Map)
	if kept == nil {
		return Map{}
	}
	return kept
}

// pick returns nil if nothing in v is kept.
func (p projection) pick(v Value) Value {
	if len(p) == 0 {
		return v
	}
	switch v := v.(type) {
	case Map:
		m := Map{}
		for s, below := range p {
			if e, ok := v[s.name]; ok && s.name != "" {
				if kept := below.pick(e); kept != nil {
					m[s.name] = kept
				}
			}
		}
		if len(m) > 0 {
			return m
		}
	case List:
		var l List
		// Elements keep their order in the list, whatever their order in the expression.
		for _, s := range slices.SortedFunc(maps.Keys(p), func(a, b step) int { return a.index - b.index }) {
			if s.name == "" && s.index < len(v) {
				if kept := p[s].pick(v[s.index]); kept != nil {
					l = append(l, kept)
				}
			}
		}
		if len(l) > 0 {
			return l
		}
	}
	return nil
}
