import type { ModelName } from "@herald/ritual/models/modelByName";

/** What the demo asks, one question from each origin chain. */
export const questions: readonly { readonly origin: string; readonly model: ModelName; readonly input: string }[] = [
  { origin: "ethereum", model: "smollm2-135m-instruct", input: "What is the capital of Japan?" },
  {
    origin: "base",
    model: "language-detection",
    input: `import json

def load(path):
    with open(path) as file:
        return json.load(file)

class Ledger:
    def __init__(self):
        self.rows = []

    def add(self, row):
        self.rows.append(row)
        return len(self.rows)

if __name__ == "__main__":
    print(load("requests.json"))
`,
  },
  { origin: "arbitrum", model: "smollm2-135m-instruct", input: "Explain what a blockchain is in one sentence." },
];
