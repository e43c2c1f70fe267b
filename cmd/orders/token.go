package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/order-patterns/order-patterns/cmd/client/localstack"
)

func tokenCommand() *cobra.Command {
	var account string
	var scopes []string
	var expires time.Duration
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Print a token of the local stack's OpenID Connect issuer",
		Long: "Print a token of the local stack's OpenID Connect issuer. With it, the account may place and read its own orders.\n" +
			"The scope orders:any allows the orders of all accounts, and balances:write allows POST /account and POST /stock.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if account == "" {
				return errors.New("--account must not be empty")
			}
			if expires < time.Second || expires > 24*time.Hour {
				return fmt.Errorf("--expires must be from 1s to 24h, got %s", expires)
			}
			cloud, err := runningCloud()
			if err != nil {
				return err
			}
			token, err := cloud.Token(cmd.Context(), account, scopes, expires)
			if err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), token)
			return nil
		},
	}
	cmd.Flags().StringVar(&account, "account", "", "account, or customer of the checker, in the token (required)")
	cmd.Flags().StringSliceVar(&scopes, "scope", nil, "scope of the token; may be repeated")
	cmd.Flags().DurationVar(&expires, "expires", localstack.TokenLifetime, "lifetime of the token, 1s to 24h")
	mustHave(cmd, "account")
	return cmd
}
