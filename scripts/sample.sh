#!/bin/sh
# Make the sample clip: samples/zapette.webm, 45 s of drifting colours with a clock and a soft
# melody, under 1 MB. Needs ffmpeg with libvpx-vp9, libopus and drawtext.
set -eu
cd "$(dirname "$0")/.."
mkdir -p samples
seconds=45
# four bars of an arpeggio; each note decays, so that a pause and a jump can be heard
note='between(mod(floor(t*2),8),%d,%d)*sin(2*PI*%s*t)'
melody=""
i=0
for hertz in 261.63 329.63 392.00 523.25 440.00 349.23 392.00 329.63; do
  # shellcheck disable=SC2059
  melody="$melody+$(printf "$note" $i $i $hertz)"
  i=$((i + 1))
done
ffmpeg -hide_banner -loglevel error -y \
  -f lavfi -i "gradients=size=854x480:rate=25:duration=$seconds:speed=0.008:n=4:c0=0x1b1035:c1=0x7b2ff7:c2=0xf107a3:c3=0xffb347" \
  -f lavfi -i "aevalsrc='0.25*(${melody#+})*exp(-3*mod(t*2,1))':duration=$seconds:sample_rate=48000" \
  -vf "drawtext=text='Zapette':fontsize=96:fontcolor=white:x=(w-tw)/2:y=h*0.32:shadowx=2:shadowy=2,
       drawtext=text='%{pts\:gmtime\:0\:%M\\\\\:%S}':fontsize=56:fontcolor=white:x=(w-tw)/2:y=h*0.60:shadowx=2:shadowy=2,
       format=yuv420p" \
  -c:v libvpx-vp9 -b:v 110k -crf 40 -g 50 -row-mt 1 -cpu-used 2 \
  -c:a libopus -b:a 32k -fflags +bitexact -flags:v +bitexact -flags:a +bitexact -map_metadata -1 -metadata title="Zapette sample clip" \
  samples/zapette.webm
