/**
 * Containers that hold film, by FFmpeg's demuxer names. What is absent is absent on purpose: hls, dash, concat, sdp,
 * image sequences, subtitles and everything else that names other files or hosts.
 */
const CONTAINERS =
  'mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,asf,ogg,mxf,mxf_opatom,gxf,dv,rm,ivf,nut,wtv,h264,hevc,m4v'

/** Recognised only to say "sound, but no picture". */
const SOUND_CONTAINERS = 'wav,w64,mp3,flac,aac,aiff,ac3,eac3,amr,caf,wv,ape'

/** Decoders in real use, by name. Obscure ones are where decoders break (CVE-2026-8461 and its like). */
const VIDEO_DECODERS =
  'h264,hevc,libdav1d,libaom-av1,av1,vp8,vp9,libvpx,libvpx-vp9,mpeg4,msmpeg4,msmpeg4v1,msmpeg4v2,wmv1,wmv2,wmv3,vc1,' +
  'mpeg1video,mpeg2video,h261,h263,h263p,h263i,flv,vp6,vp6a,vp6f,theora,mjpeg,dvvideo,prores,dnxhd,ffv1,rv30,rv40,svq3'

const AUDIO_DECODERS =
  'aac,aac_latm,aac_fixed,mp3,mp3float,mp2,mp2float,mp1,mp1float,ac3,ac3_fixed,eac3,dca,truehd,opus,libopus,vorbis,libvorbis,' +
  'flac,alac,wmav1,wmav2,wmapro,wmalossless,amrnb,amrwb,cook,nellymoser,speex,libspeex,adpcm_ms,adpcm_ima_wav,adpcm_ima_qt,' +
  'adpcm_swf,pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,pcm_s32le,pcm_s32be,pcm_f32le,pcm_f32be,pcm_u8,pcm_s8,pcm_alaw,' +
  'pcm_mulaw,pcm_bluray,pcm_dvd'

/**
 * FFmpeg and ffprobe open a decoder for every stream they find, and ffprobe gives up the file when it may not, so all kinds
 * of subtitles that films come with are here. Only those that are text are ever decoded.
 */
const SUBTITLE_DECODERS =
  'subrip,srt,ass,ssa,mov_text,webvtt,text,sami,microdvd,subviewer,cc_dec,pgssub,dvdsub,dvbsub,xsub,libzvbi_teletextdec'

/**
 * The options that must stand in front of every `-i` of somebody else's file. `-protocol_whitelist file` alone is not
 * enough: a playlist named .mp4 still reads other local files.
 */
export function buildInputGuard(protocol: 'file' | 'pipe' = 'file'): string[] {
  return [
    ...['-protocol_whitelist', protocol],
    ...['-format_whitelist', `${CONTAINERS},${SOUND_CONTAINERS}`],
    ...['-codec_whitelist', `${VIDEO_DECODERS},${AUDIO_DECODERS},${SUBTITLE_DECODERS}`],
  ]
}
