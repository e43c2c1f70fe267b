import * as patterns from "@order-patterns/order-patterns";

// The Region's setting that access logs need, if no other stack makes it.
const account = new patterns.components.ApiAccount("account");

const shop = new patterns.components.FanOut("shop", {
    common: {
        deleteData: true, // a demonstration
        logRetentionDays: 7,
        tags: { team: "shop" },
    },
    authorizer: { kind: patterns.components.AuthorizerKind.AuthNone },
    orders: { storeQueue: { batchSize: 5 } }, // our example: orders of coffee
    api: {
        accountRoleArn: account.roleArn, // an output of another resource
        allowOrigin: "https://shop.example.com",
    },
});

export const url = shop.url;
export const store = shop.functions["store-order"].name;
