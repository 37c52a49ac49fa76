import type { NextConfig } from 'next'

const config: NextConfig = {
  reactStrictMode: true,
  poweredByHeader: false,
  // Packages that use native code, worker threads or dynamic requires: loaded as they are, once per process.
  serverExternalPackages: [
    'mongoose',
    'mongodb',
    'bson',
    'mingo',
    'piscina',
    'pino',
    '@tus/server',
    '@tus/file-store',
  ],
  // Posters are made in the right size and served as they are. Without a single quality or pattern allowed,
  // `/_next/image` refuses every address (GHSA-2xp9-vwfh-vxw4, GHSA-cjq9-62q9-8jv4).
  images: { unoptimized: true, localPatterns: [], remotePatterns: [] },
  // Titles belong in the first bytes of every page, for everyone; streaming them would also hide 404s.
  htmlLimitedBots: /.*/,
  // The library's paths are made at run time; nothing is deployed from a trace of files, so its breadth is no concern.
  turbopack: { ignoreIssue: [{ path: /lib\//, title: /Dynamic filesystem access/ }] },
  // Types are checked by `npm test`; somebody who only starts Peekr need not wait for it.
  typescript: { ignoreBuildErrors: true },
  devIndicators: false,
  // `next dev` prints addresses; those of private media let in whoever reads them.
  logging: { incomingRequests: { ignore: [/^\/stream\//] } },
  experimental: { optimizePackageImports: ['radix-ui'] },
}

export default config
