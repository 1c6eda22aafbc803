// Starts the pages.
import "@mantine/core/styles.css";
import "./app.css";
import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { isPassing } from "./parts/states";
import { readAhead, router } from "./router";
import { theme } from "./theme";

const RECOVER_MS = 4000;
/** By then the first page stands. */
const AHEAD_MS = 1500;

const client = new QueryClient({
  defaultOptions: {
    queries: {
      retry: false,
      staleTime: 5000,
      networkMode: "always",
      // What failed for a passing reason is asked again until it works.
      refetchInterval: (query) => (isPassing(query.state.error) ? RECOVER_MS : false),
    },
    mutations: { networkMode: "always" },
  },
});

setTimeout(readAhead, AHEAD_MS);

const place = document.getElementById("root");
if (place) {
  createRoot(place).render(
    <StrictMode>
      <MantineProvider theme={theme} defaultColorScheme="auto">
        <QueryClientProvider client={client}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  );
}
