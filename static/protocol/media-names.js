/** The file extensions of media, as on the server (`tests/vectors/media.json`); no I/O. */

const ENDINGS =
  "webm mkv mk3d mp4 m4v f4v mov qt 3gp 3g2 mj2 ogv ogm ogx ts m2ts mts m2t tp trp tod avi divx " +
  "xvid amv wmv asf dvr-ms wtv flv mpg mpeg mpe vob vro evo m1v m2v mpv rm rmvb dv dif mxf gxf " +
  "nut nsv h264 264 h265 265 hevc mjpg mjpeg ivf bik bk2 smk flc fli y4m viv mp3 mp2 mpa m4a " +
  "m4b m4r aac adts ogg oga opus spx weba mka flac wav rf64 wma ac3 eac3 ec3 dts dtshd thd " +
  "truehd mlp aiff aif aifc ape wv amr awb tta mpc mp+ au snd caf dsf dff voc w64 ra shn tak " +
  "gsm";

/** Endings without their dot, in small letters. @type {ReadonlySet<string>} */
export const MEDIA_ENDINGS = new Set(ENDINGS.split(" "));

/**
 * Return whether a name has the extension of a medium; others may be media or folders.
 * @param {string} name
 */
export function isMediumName(name) {
  const point = name.lastIndexOf(".");
  return point >= 0 && MEDIA_ENDINGS.has(name.slice(point + 1).toLowerCase());
}
