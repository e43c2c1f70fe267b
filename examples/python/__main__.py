import pulumi
from order_patterns import components

# The Region's setting that access logs need, if no other stack makes it.
account = components.ApiAccount("account")

shop = components.FanOut(
    "shop",
    common=components.CommonArgs(
        delete_data=True,  # a demonstration
        log_retention_days=7,
        tags={"team": "shop"},
    ),
    authorizer=components.AuthorizerArgs(kind=components.AuthorizerKind.AUTH_NONE),
    orders=components.FanOutOrdersArgs(  # our example: orders of coffee
        store_queue=components.QueueSettingsArgs(batch_size=5),
    ),
    api=components.ApiSettingsArgs(
        account_role_arn=account.role_arn,  # an output of another resource
        allow_origin="https://shop.example.com",
    ),
)

pulumi.export("url", shop.url)
pulumi.export("store", shop.functions["store-order"].name)
