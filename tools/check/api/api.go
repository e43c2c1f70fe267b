// Package api describes the exported API of Go packages, and the resources of programs, one line for each identifier, so that two versions can be compared as text.
// What is described is what https://go.dev/doc/go1compat would promise. Types of other modules are named, not described.
package api

import (
	"bufio"
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// Describe returns the sorted lines for the packages of a module's folder, which patterns select as for the go command. The name of an
// identifier begins with the package's path below prefix.
func Describe(folder, prefix string, patterns ...string) ([]string, error) {
	list := exec.Command("go", append([]string{"list", "-export", "-f", "{{.ImportPath}} {{.Export}}"}, patterns...)...)
	list.Dir, list.Stderr = folder, os.Stderr
	out, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("listing the packages of %s: %w", folder, err)
	}
	exports := map[string]string{} // files of the compiler's export data, by package
	for line := range strings.Lines(string(out)) {
		pkg, file, _ := strings.Cut(strings.TrimSpace(line), " ")
		exports[pkg] = file
	}
	open := func(pkg string) (io.ReadCloser, error) { return os.Open(exports[pkg]) }
	d := description{}
	for pkg := range exports {
		p, err := importer.ForCompiler(token.NewFileSet(), "gc", open).Import(pkg)
		if err != nil {
			return nil, err
		}
		d.pkg, d.path = p, strings.TrimPrefix(strings.TrimPrefix(pkg, prefix), "/")
		for _, name := range p.Scope().Names() {
			if o := p.Scope().Lookup(name); o.Exported() {
				d.object(o)
			}
		}
	}
	slices.Sort(d.lines)
	return d.lines, nil
}

type description struct {
	pkg   *types.Package
	path  string
	lines []string
}

func (d *description) add(kind, name, format string, args ...any) {
	d.lines = append(d.lines, strings.TrimSpace(fmt.Sprintf("%s %s.%s%s", kind, d.path, name, fmt.Sprintf(format, args...))))
}

func (d *description) object(o types.Object) {
	switch o := o.(type) {
	case *types.Const:
		d.add("const", o.Name(), " %s = %s", d.typ(o.Type()), o.Val().ExactString())
	case *types.Var:
		d.add("var", o.Name(), " %s", d.typ(o.Type()))
	case *types.Func:
		d.add("func", o.Name(), "%s", d.signature(o.Signature()))
	case *types.TypeName:
		if o.IsAlias() {
			d.add("type", o.Name(), " = %s", d.typ(types.Unalias(o.Type())))
			return
		}
		d.named(o.Type().(*types.Named))
	}
}

func (d *description) named(t *types.Named) {
	name, parameters := t.Obj().Name(), d.typeParameters(t.TypeParams())
	if s, ok := t.Underlying().(*types.Struct); ok {
		d.add("type", name, "%s struct", parameters)
		d.fields(name, s)
	} else {
		d.add("type", name, "%s %s", parameters, d.typ(t.Underlying()))
	}
	if types.IsInterface(t) {
		return
	}
	// Methods of embedded types of other packages come with the line about the embedded field.
	methods, ofValue := types.NewMethodSet(types.NewPointer(t)), types.NewMethodSet(t)
	for i := range methods.Len() {
		m := methods.At(i).Obj().(*types.Func)
		if !m.Exported() || m.Pkg() != d.pkg {
			continue
		}
		receiver := "*"
		if ofValue.Lookup(m.Pkg(), m.Name()) != nil {
			receiver = ""
		}
		d.add("method", name+"."+m.Name(), "%s of %s%s", d.signature(m.Signature()), receiver, name)
	}
}

// fields describes exported fields, also those that an unexported embedded struct has. A tag is part of the API: Pulumi's names a property.
func (d *description) fields(name string, s *types.Struct) {
	for i := range s.NumFields() {
		f, tag := s.Field(i), ""
		if s.Tag(i) != "" {
			tag = " `" + s.Tag(i) + "`"
		}
		inner, isStruct := f.Type().Underlying().(*types.Struct)
		switch {
		case f.Exported() && f.Embedded():
			d.add("field", name+"."+f.Name(), " embedded %s%s", d.typ(f.Type()), tag)
		case f.Exported():
			d.add("field", name+"."+f.Name(), " %s%s", d.typ(f.Type()), tag)
		case f.Embedded() && isStruct:
			d.fields(name, inner)
		}
	}
}

// signature is that of a function. The names of its parameters are no part of the API.
func (d *description) signature(s *types.Signature) string {
	unnamed := func(t *types.Tuple) *types.Tuple {
		var vars []*types.Var
		for v := range t.Variables() {
			vars = append(vars, types.NewParam(token.NoPos, nil, "", v.Type()))
		}
		return types.NewTuple(vars...)
	}
	text := d.typ(types.NewSignatureType(nil, nil, nil, unnamed(s.Params()), unnamed(s.Results()), s.Variadic()))
	return d.typeParameters(s.TypeParams()) + strings.TrimPrefix(text, "func")
}

func (d *description) typeParameters(list *types.TypeParamList) string {
	if list.Len() == 0 {
		return ""
	}
	var all []string
	for p := range list.TypeParams() {
		all = append(all, p.String()+" "+d.typ(p.Constraint()))
	}
	return "[" + strings.Join(all, ", ") + "]"
}

// typ is a type with the names of packages, without their paths.
func (d *description) typ(t types.Type) string {
	return types.TypeString(t, func(p *types.Package) string {
		if p == d.pkg {
			return ""
		}
		return p.Name()
	})
}

// Resources returns a line for each resource that a program has, from a golden list of types, names and parents.
func Resources(program, golden string) (lines []string) {
	for line := range strings.Lines(golden) {
		typ, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		name, parent, _ := strings.Cut(rest, " ")
		lines = append(lines, fmt.Sprintf("resource %s.%s %s %s", program, name, typ, parent))
	}
	return lines
}

// Identifier is what a line is about, such as components.FanOutArgs.Routes.
func Identifier(line string) string {
	_, rest, _ := strings.Cut(line, " ")
	if end := strings.IndexAny(rest, " (["); end >= 0 {
		return rest[:end]
	}
	return rest
}

// Missing returns the lines of old that new does not have: what was removed or changed.
func Missing(old, new []string) (missing []string) {
	for _, line := range old {
		if _, found := slices.BinarySearch(new, line); !found {
			missing = append(missing, line)
		}
	}
	return missing
}

// Broken returns the lines of old whose users must be changed. A property that is not required any more breaks nobody.
func Broken(old, new []string) []string {
	return slices.DeleteFunc(Missing(old, new), func(line string) bool {
		tagged, ok := strings.CutSuffix(line, "\"`")
		return ok && slices.Contains(new, tagged+",optional\"`")
	})
}

// Announced reports whether one of the announced names is an identifier, or the type or package that it belongs to.
func Announced(identifier string, names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		return name == identifier || strings.HasPrefix(identifier, name+".") || strings.HasPrefix(identifier, name+"/")
	})
}

// Breaking returns the names between backticks in the sections "Breaking" of a changelog, of all versions that are newer than a release.
func Breaking(changelog, release string) (names []string) {
	breaking := false
	lines := bufio.NewScanner(strings.NewReader(changelog))
	for lines.Scan() {
		line := lines.Text()
		switch {
		case release != "" && strings.HasPrefix(line, "## ["+strings.TrimPrefix(release, "v")+"]"):
			return names
		case strings.HasPrefix(line, "## "), strings.HasPrefix(line, "### "):
			breaking = strings.TrimSpace(strings.TrimLeft(line, "#")) == "Breaking"
		case breaking:
			for i, part := range strings.Split(line, "`") {
				if i%2 == 1 {
					names = append(names, part)
				}
			}
		}
	}
	return names
}
