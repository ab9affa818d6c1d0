import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: "tests",
  workers: 1,
  retries: 0,
  reporter: "line",
  // This machine may be busy; nothing here is about speed.
  timeout: 60_000,
  expect: { timeout: 20_000 },
  use: { launchOptions: { executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] }, locale: "en-GB" },
});
