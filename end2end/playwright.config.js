import { defineConfig } from "@playwright/test";

// Two cores, and every test starts a server and a browser of its own.
export default defineConfig({
  testDir: "tests",
  workers: 2,
  fullyParallel: true,
  timeout: 120_000,
  expect: { timeout: 20_000 },
  forbidOnly: true,
  // A browser that did not come up on a busy machine gets a second try; the report names every test that needed one.
  retries: 1,
  reporter: [["list"], ["json", { outputFile: "../target/end2end.json" }]],
  outputDir: "../target/end2end",
});
