/**
 * The options in front of an `-i` of a media playlist Peekr wrote itself. The playlist demuxer is allowed here, and only
 * what our own segments consist of.
 */
export function buildOwnInputGuard(): string[] {
  return [
    ...['-protocol_whitelist', 'file', '-allowed_extensions', 'ALL'],
    ...['-format_whitelist', 'hls,mov,mp4,m4a,3gp,3g2,mj2,mpegts'],
    ...['-codec_whitelist', 'h264,aac'],
  ]
}
