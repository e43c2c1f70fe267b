package dynamodb

// projection is a tree of the paths to keep; a leaf keeps everything below it.
type projection map[string]projection

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
		for _, name := range p {
			if at[name] == nil {
				at[name] = projection{}
			}
			at = at[name]
		}
	}
	return root
}

// of returns what the projection keeps of an item; everything if there is no projection.
func (p projection) of(item Map) Map {
	if p == nil || item == nil {
		return item
	}
	kept := Map{}
	for name, below := range p {
		v, ok := item[name]
		if ok && len(below) > 0 {
			inner, _ := v.(Map)
			inner = below.of(inner)
			v, ok = inner, len(inner) > 0
		}
		if ok {
			kept[name] = v
		}
	}
	return kept
}
