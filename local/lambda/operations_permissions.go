package lambda

import (
	"encoding/json"
	"net/http"

	"github.com/order-patterns/order-patterns/local/wire"
)

type getPolicyOutput struct{ Policy string }

func (s *Service) getPolicy(c *wire.Call) (*getPolicyOutput, error) {
	f, err := s.open(c, "GetPolicy")
	if err != nil {
		return nil, err
	}
	p := f.policy.Load()
	if p == nil {
		return nil, notFound("The resource you requested does not exist.")
	}
	return &getPolicyOutput{p.text}, nil
}

// https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
func (s *Service) addPermissionOperation(w http.ResponseWriter, c *wire.Call) error {
	f, err := s.open(c, "AddPermission")
	if err != nil {
		return err
	}
	var in PermissionArgs
	if err := c.DecodeJSON(&in); err != nil {
		return err
	}
	if err := in.validate(); err != nil {
		return err
	}
	in.Function = f.name
	if err := s.addPermission(f.name, in); err != nil {
		return err
	}
	text, _ := json.Marshal(in.statement(f)) // strings
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(struct{ Statement string }{string(text)}) // the caller may have gone
	return nil
}

// https://docs.aws.amazon.com/lambda/latest/api/API_RemovePermission.html
func (s *Service) removePermissionOperation(w http.ResponseWriter, c *wire.Call) error {
	f, err := s.open(c, "RemovePermission")
	if err != nil {
		return err
	}
	if err := s.removePermission(f.name, c.PathValue("sid")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
