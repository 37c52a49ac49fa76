/** Which pictures a revision has beside its renditions. A video without one is still a video. */
export interface Pictures {
  /** `poster.jpg`: one picture that stands for the video. */
  poster: boolean
  /** `storyboard.vtt` and its sprites: what is seen where, for seeking. */
  storyboard: boolean
  /** `hover.mp4`: a few silent moments of it. */
  hover: boolean
}
