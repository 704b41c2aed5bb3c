// Lets tests in another language use the client: JSON lines in, JSON lines out (tests/clients/web/page.py).
import { createServer } from "vite";

const server = await createServer({
  root: new URL("..", import.meta.url).pathname,
  configFile: false,
  logLevel: "error",
  appType: "custom",
  optimizeDeps: { noDiscovery: true },
  server: { middlewareMode: true, hmr: false, ws: false, watch: null },
});
try {
  const { serve } = await server.ssrLoadModule("/tests/driver.ts");
  await serve();
} finally {
  await server.close();
}
