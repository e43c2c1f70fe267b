package components

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// OrchestratorOrders configures the built-in example. POST /order starts an execution. GET /order and GET /invoice return the results.
type OrchestratorOrders struct {
	// Functions changes settings of the built-in functions, or replaces them with functions of your own. Keys: store-order-task,
	// write-invoice-task, take-back-order-task, get-order, get-invoice. Default: the built-in functions with default settings.
	//
	// Environment variables: TABLE_NAME for store-order-task, take-back-order-task and get-order; BUCKET_NAME for write-invoice-task and
	// get-invoice; ALLOW_ORIGIN for get-order and get-invoice; AUTH for get-order, get-invoice and store-order-task.
	Functions map[string]Function `pulumi:"functions,optional"`
	// Capacity is the capacity of the table of orders. Default on-demand.
	Capacity TableCapacity `pulumi:"capacity,optional"`
}

// taskFunctions are the packages of the functions that the state machine runs.
var taskFunctions = []string{"store-order-task", "write-invoice-task", "take-back-order-task"}

// orchestratorFunctions are the built-in functions.
var orchestratorFunctions = slices.Concat(taskFunctions, readFunctions)

// resolveOrders validates Orders, and returns the packages that it needs.
func (args *OrchestratorArgs) resolveOrders(v *validator) []string {
	orders := *args.Orders
	args.Orders = &orders
	all := resolveOurs(v, "Orders.Functions", orders.Functions, orchestratorFunctions)
	for _, name := range taskFunctions {
		if task := all[name]; args.Express {
			path := "Orders.Functions." + name + ".TimeoutSeconds"
			task.TimeoutSeconds = v.number(path, task.TimeoutSeconds, checkExpressTimeout, TaskSize.TimeoutSeconds)
			all[name] = task
		}
	}
	orders.Functions = all
	orders.Capacity = orders.Capacity.resolve(v, "Orders.Capacity")
	v.child(bucketName, "invoices")
	v.child(roleName, "api-start-post-order-role")
	return all.packaged()
}

// checkExpressTimeout accepts a timeout that leaves each task of an execution time for one attempt and the grace period.
func checkExpressTimeout(seconds int) error {
	if most := expressShare(tasksInARow) - taskGraceSeconds; seconds > most {
		return fmt.Errorf("must be at most %d with Express, got %d", most, seconds)
	}
	return nil
}

// orders creates what Orders needs.
func (o *Orchestrator) orders(b *builder, args *OrchestratorArgs) (machineRun, error) {
	store, err := b.orderStore(args.Orders.Capacity, args.Orders.Functions, args.Api.AllowOrigin, args.Authorizer)
	if err != nil {
		return machineRun{}, err
	}
	o.TableName, o.TableArn = store.table.Name, store.table.Arn
	o.BucketName = store.bucket.Bucket
	run := machineRun{
		routes: func(machineARN pulumi.StringInput) []Route { return store.routes(orderToMachine(machineARN)) },
		machine: func(targets machineTargets, arns []string, timeouts []int) machine {
			return orderMachine(orderMachineArgs{
				machineTargets: targets, storeOrder: arns[0], writeInvoice: arns[1], takeBackOrder: arns[2],
				taskTimeoutSeconds: slices.Max(timeouts) + taskGraceSeconds, callers: args.Authorizer.Kind == AuthJwt,
			})
		},
	}
	for _, name := range taskFunctions {
		run.timeouts = append(run.timeouts, args.Orders.Functions[name].TimeoutSeconds)
	}
	run.functions, err = b.orderTasks(args.Orders.Functions, store, args.Authorizer)
	return run, err
}

// orderTasks creates the functions of the machine for orders, in the order of taskFunctions.
func (b *builder) orderTasks(ours functions, store *orderStore, auth Authorizer) ([]*function, error) {
	specs := []functionSpec{
		{
			// No function is invoked by the request. So this function checks that the order belongs to the caller.
			description: "Stores an order in the table", allow: []statement{store.mayStore()},
			environment: auth.environment(pulumi.StringMap{"TABLE_NAME": store.table.Name}),
		},
		{
			description: "Writes an invoice to the bucket", allow: []statement{store.mayInvoice()},
			environment: pulumi.StringMap{"BUCKET_NAME": store.bucket.Bucket},
		},
		{
			description: "Removes an order whose invoice could not be written",
			environment: pulumi.StringMap{"TABLE_NAME": store.table.Name},
			allow:       []statement{may("TakeBackOrder", store.table.Arn, "dynamodb:PutItem")},
		},
	}
	tasks := make([]*function, len(specs))
	for i, spec := range specs {
		spec.name, spec.settings = taskFunctions[i], ours[taskFunctions[i]]
		var err error
		if tasks[i], err = b.function(spec); err != nil {
			return nil, err
		}
	}
	return tasks, nil
}
