'use client'

import {
  Controls,
  FullscreenButton,
  Gesture,
  MuteButton,
  PIPButton,
  PlayButton,
  Spinner,
  Time,
  TimeSlider,
  useMediaState,
  VolumeSlider,
} from '@vidstack/react'
import {
  FullscreenExitIcon,
  FullscreenIcon,
  MuteIcon,
  PauseIcon,
  PictureInPictureIcon,
  PlayIcon,
  ReplayIcon,
  VolumeHighIcon,
  VolumeLowIcon,
} from '@vidstack/react/icons'
import type { Rendition } from '#lib/domain/rendition'
import styles from './player-controls.module.css'
import { QualityMenu, SpeedMenu } from './player-menus'

/** The bar under the picture, the big play sign on it, and what clicks and taps on it do. */
export function PlayerControls({ renditions }: { renditions: Rendition[] }) {
  const paused = useMediaState('paused')
  const ended = useMediaState('ended')
  const started = useMediaState('started')
  const muted = useMediaState('muted')
  const volume = useMediaState('volume')
  const fullscreen = useMediaState('fullscreen')
  const PlayState = ended ? ReplayIcon : paused ? PlayIcon : PauseIcon
  const VolumeState = muted || volume === 0 ? MuteIcon : volume < 0.5 ? VolumeLowIcon : VolumeHighIcon

  return (
    <>
      <Gesture className={styles.gesture} event="pointerup" action="toggle:paused" data-mouse="" />
      <Gesture className={styles.gesture} event="pointerup" action="toggle:controls" data-touch="" />
      <Gesture className={styles.gesture} event="dblpointerup" action="toggle:fullscreen" data-mouse="" />
      <Gesture className={styles.back} event="dblpointerup" action="seek:-10" data-touch="" />
      <Gesture className={styles.forward} event="dblpointerup" action="seek:10" data-touch="" />
      <div className={styles.buffering}>
        <Spinner.Root size={72}>
          <Spinner.Track width={7} />
          <Spinner.TrackFill width={7} />
        </Spinner.Root>
      </div>
      {!started && (
        <PlayButton className={styles.big} aria-label="Play video">
          <PlayIcon size={44} />
        </PlayButton>
      )}
      <Controls.Root className={styles.controls}>
        <Controls.Group className={styles.bar}>
          <TimeSlider.Root className={styles.slider}>
            <TimeSlider.Track className={styles.track} />
            <TimeSlider.Progress className={`${styles.track} ${styles.loaded}`} />
            <TimeSlider.TrackFill className={`${styles.track} ${styles.fill}`} />
            <TimeSlider.Thumb className={styles.thumb} />
            <TimeSlider.Preview className={styles.preview}>
              <TimeSlider.Value className={styles.previewTime} />
            </TimeSlider.Preview>
          </TimeSlider.Root>
          <div className={styles.row}>
            <PlayButton className={styles.button}>
              <PlayState size={28} />
            </PlayButton>
            <div className={styles.volume}>
              <MuteButton className={styles.button}>
                <VolumeState size={26} />
              </MuteButton>
              <VolumeSlider.Root className={`${styles.slider} ${styles.volumeSlider}`}>
                <VolumeSlider.Track className={styles.track} />
                <VolumeSlider.TrackFill className={`${styles.track} ${styles.fill}`} />
                <VolumeSlider.Thumb className={styles.thumb} />
              </VolumeSlider.Root>
            </div>
            <span className={styles.time}>
              <Time type="current" /> <span className={styles.of}>/</span> <Time type="duration" />
            </span>
            <span className={styles.spacer} />
            <SpeedMenu />
            <QualityMenu renditions={renditions} />
            <PIPButton className={styles.button}>
              <PictureInPictureIcon size={26} />
            </PIPButton>
            <FullscreenButton className={styles.button}>
              {fullscreen ? <FullscreenExitIcon size={26} /> : <FullscreenIcon size={26} />}
            </FullscreenButton>
          </div>
        </Controls.Group>
      </Controls.Root>
    </>
  )
}
