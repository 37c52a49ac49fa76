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
import { useState } from 'react'
import type { Rendition } from '#lib/domain/rendition'
import { Icon } from '../controls/icon'
import styles from './player-controls.module.css'
import { QualityMenu, SoundMenu, SpeedMenu, SubtitleMenu } from './player-menus'

/** The bar under the picture, the big play sign on it, and what clicks and taps on it do. */
export function PlayerControls({
  renditions,
  storyboard,
}: {
  renditions: Rendition[]
  storyboard: string | null
}) {
  const paused = useMediaState('paused')
  const ended = useMediaState('ended')
  const playing = useMediaState('playing')
  // Not `started`: going to the remembered position counts as that already.
  const [played, setPlayed] = useState(false)
  if (playing && !played) setPlayed(true)
  const muted = useMediaState('muted')
  const volume = useMediaState('volume')
  const fullscreen = useMediaState('fullscreen')
  const playState = ended ? 'retry' : paused ? 'play' : 'pause'
  const volumeState = muted || volume === 0 ? 'mute' : volume < 0.5 ? 'quiet' : 'volume'

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
      {!played && (
        <PlayButton className={styles.big} aria-label="Play video">
          <Icon name="play" size={40} />
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
              {storyboard && (
                <TimeSlider.Thumbnail.Root src={toAbsolute(storyboard)} className={styles.previewPicture}>
                  <TimeSlider.Thumbnail.Img alt="" />
                </TimeSlider.Thumbnail.Root>
              )}
              <TimeSlider.Value className={styles.previewTime} />
            </TimeSlider.Preview>
          </TimeSlider.Root>
          <div className={styles.row}>
            <PlayButton className={styles.button}>
              <Icon name={playState} size={26} />
            </PlayButton>
            <div className={styles.volume}>
              <MuteButton className={styles.button}>
                <Icon name={volumeState} size={24} />
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
            <SoundMenu />
            <SubtitleMenu />
            <SpeedMenu />
            <QualityMenu renditions={renditions} />
            <PIPButton className={styles.button}>
              <Icon name="pip" size={24} />
            </PIPButton>
            <FullscreenButton className={styles.button}>
              <Icon name={fullscreen ? 'window' : 'fullscreen'} size={24} />
            </FullscreenButton>
          </div>
        </Controls.Group>
      </Controls.Root>
    </>
  )
}

/** Vidstack finds the pictures beside the storyboard only when its address is absolute; else beside the page. */
function toAbsolute(path: string): string {
  return new URL(path, window.location.href).href
}
