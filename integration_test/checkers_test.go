package integration_test

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/sqs"
)

// deployCheckers deploys the program of the folder checkers with this config. again deploys it with a changed config.
func deployCheckers(t *testing.T, config map[string]string) (again func(change map[string]string) *checkerOutputs) {
	t.Helper()
	root, err := filepath.Abs(project)
	require.NoError(t, err)
	config = maps.Clone(config)
	config["packages"], config["functions"] = filepath.Join(root, "build", "local"), t.TempDir()
	config["architecture"] = map[string]string{"arm64": "arm64", "amd64": "x86_64"}[runtime.GOARCH]
	cmd := exec.Command("go", "run", "github.com/order-patterns/order-patterns/packages", "-o", config["functions"], "-arch", "local",
		"./checkers/fraud", "./checkers/collect", "./checkers/finish")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	// Where `make` builds the Pulumi CLI, if there is none on the PATH.
	t.Setenv("PATH", os.Getenv("PATH")+string(os.PathListSeparator)+filepath.Join(root, ".tools", "bin"))
	deployProject(t, "checkers", config)
	return func(change map[string]string) *checkerOutputs {
		t.Helper()
		deployment.config = maps.Clone(config)
		maps.Copy(deployment.config, change)
		require.NoError(t, up(t.Context()))
		return checkerPattern(t)
	}
}

// hold makes a function of the checks fail at what it does, until release is called.
func (c *checkerOutputs) hold(t *testing.T, function, action string) (release func()) {
	t.Helper()
	return inject(t, fault.Rule{Action: action, Principal: "*/" + c.Functions[function].RoleName + "/*", Do: fail(accessDenied)})
}

// decided waits until an order is shipped or rejected, and advances the clock past the delays of retries meanwhile.
func (c *checkerOutputs) decided(t *testing.T, orderID string) (s orderStatus) {
	t.Helper()
	require.NoError(t, wait{limit: time.Minute, step: 4 * time.Second}.until("the order is shipped or rejected", func() (bool, error) {
		s = c.status(t, orderID)
		return s.Status == "Shipped" || s.Status == "Rejected", nil
	}))
	return s
}

// found waits until the log of an order has as many lines, and asserts that it is Pending.
func (c *checkerOutputs) found(t *testing.T, orderID string, lines int) {
	t.Helper()
	eventually(t, "the other checks have found something", func() bool { return len(c.status(t, orderID).Logs) == lines })
	require.Equal(t, "Pending", c.status(t, orderID).Status)
}

// TestACheckerOfOnesOwnDecidesTooAndNoOrderIsStuckWhenItComesAndGoes has a checker that was built without this repository's rules of
// orders, and orders in flight while it is added and removed.
func TestACheckerOfOnesOwnDecidesTooAndNoOrderIsStuckWhenItComesAndGoes(t *testing.T) {
	again := deployCheckers(t, map[string]string{"orders": "true"})
	c := checkerPattern(t)
	customer, product := c.newCustomerAndProduct(t, "100", 100)
	place := func() string { return c.placeOrder(t, checkerOrder(customer, product, 1, "1")) }

	release := c.hold(t, "check-stock", "dynamodb:BatchGetItem")
	early := place()
	c.found(t, early, 1)
	c = again(map[string]string{"fraud": "true"})
	release()
	s := c.decided(t, early)
	require.Equal(t, "Shipped", s.Status)
	require.ElementsMatch(t, []string{"Sufficient account balance", "Sufficient stock", "Shipped"}, s.Logs, "it was captured before the checker was added")

	embedded(t).SQS.SetDelivery(queueARN(c.CheckerQueueURLs["fraud"]), sqs.Delivery{Twice: true})
	s = c.decided(t, place())
	require.Equal(t, "Shipped", s.Status)
	require.ElementsMatch(t, []string{"Sufficient account balance", "Sufficient stock", "No fraud is known", "Shipped"}, s.Logs)

	require.Equal(t, 202, c.post(t, "/account", `{"customerId":"`+customer+`-fraud","balance":100}`).status)
	s = c.decided(t, c.placeOrder(t, checkerOrder(customer+"-fraud", product, 1, "1")))
	require.Equal(t, "Rejected", s.Status)
	require.Contains(t, s.Logs, "Known for fraud")

	release = c.hold(t, "fraud", "sqs:SendMessage")
	late := place()
	c.found(t, late, 2)
	release()
	require.Equal(t, "Shipped", c.decided(t, late).Status, "the third finding came late")
	require.Zero(t, countMessages(t, append(c.failureQueues(), c.CheckerDeadLettersURLs["fraud"])...))

	unknown := `{"orderId":"` + late + `","check":"age","passed":true,"log":"Of age"}`
	sendMessage(t, c.UpdateQueueURL, unknown)
	waitForMessages(t, c.UpdateDeadLettersURL, 1)
	require.Equal(t, []string{unknown}, receiveAll(t, c.UpdateDeadLettersURL))

	c.hold(t, "fraud", "sqs:SendMessage")
	waiting := place()
	c.found(t, waiting, 2)
	c = again(nil)
	require.NotContains(t, c.Functions, "fraud")
	s = c.decided(t, waiting)
	require.Equal(t, "Shipped", s.Status, "it does not wait for a check that was removed")
	require.Contains(t, s.Logs, "No check is missing any more")
	require.Equal(t, "Shipped", c.decided(t, place()).Status)
}

// TestACheckerPipelineWithoutOrdersFinishesWhatPassed has a checker, a function that collects its findings, and one that finishes, none
// of which is ours, and no API.
func TestACheckerPipelineWithoutOrdersFinishesWhatPassed(t *testing.T) {
	deployCheckers(t, map[string]string{"orders": "false"})
	c := checkerPattern(t)
	require.Empty(t, c.URL)
	found, err := sqsClient(t).GetQueueUrl(t.Context(), &awssqs.GetQueueUrlInput{QueueName: aws.String("results")})
	require.NoError(t, err)
	for _, message := range []string{
		`{"orderId":"p1","customerId":"a"}`, `{"orderId":"p2","customerId":"b-fraud"}`, `{"orderId":"p3-fails","customerId":"a"}`, "not JSON",
	} {
		_, err := snsClient(t).Publish(t.Context(), &awssns.PublishInput{TopicArn: &c.TopicARN, Message: &message})
		require.NoError(t, err)
	}
	sendMessage(t, c.CollectQueueURL, "no finding")
	letters := map[string]string{c.CheckerDeadLettersURLs["fraud"]: "not JSON", c.CollectDeadLettersURL: "no finding", *found.QueueUrl: "p1"}
	for url, want := range letters {
		waitForMessages(t, url, 1)
		require.Equal(t, []string{want}, receiveAll(t, url))
	}
	// Lambda retries it twice, after one and two minutes.
	require.NoError(t, wait{limit: time.Minute, step: 4 * time.Second}.until("the failure is reported", func() (bool, error) {
		visible, _ := depth(t, c.FinishFailuresURL)
		return visible == 1, nil
	}))
	require.Contains(t, receiveAll(t, c.FinishFailuresURL)[0], "p3-fails cannot be finished")
	require.Zero(t, countMessages(t, *found.QueueUrl), "what did not pass is not finished")
}
