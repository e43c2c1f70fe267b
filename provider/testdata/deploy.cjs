// Deploys the program in the working directory, without the language host of Node.js, and prints its outputs: node deploy.cjs
const { createRequire } = require("module");
const load = createRequire(process.cwd() + "/");
const { LocalWorkspace } = load("@pulumi/pulumi/automation");

async function main() {
    const program = async () => load("./bin/index.js");
    const stack = await LocalWorkspace.createOrSelectStack({ stackName: "local", projectName: "typescript", program });
    await stack.setAllConfig({ "aws:region": { value: "us-east-1" }, "order-patterns:platform": { value: "host" } });
    const outputs = (await stack.up({ onOutput: (text) => process.stderr.write(text) })).outputs;
    const values = Object.fromEntries(Object.entries(outputs).map(([name, output]) => [name, output.value]));
    console.log(JSON.stringify(values));
}

main().catch((error) => {
    console.error(error);
    process.exitCode = 1;
});
