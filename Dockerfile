# The pages, which need Node to be built.
FROM node:24-slim AS pages
WORKDIR /static
COPY static/package.json static/package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund
COPY static ./
RUN npm run build

# Everything that is installed, from the lock files.
FROM python:3.13-slim AS installed
WORKDIR /source
RUN python -m venv /opt/zapette
COPY requirements.lock requirements-ffmpeg.lock ./
RUN /opt/zapette/bin/pip install --no-cache-dir --require-hashes -r requirements.lock -r requirements-ffmpeg.lock
COPY . .
COPY --from=pages /static/dist static/dist
RUN ZAPETTE_PAGES=built /opt/zapette/bin/pip install --no-cache-dir --no-build-isolation --no-deps ./broker ./zapette .

FROM python:3.13-slim
COPY --from=installed /opt/zapette /opt/zapette
RUN useradd --system --uid 1000 --no-create-home zapette && mkdir /data /media && chown zapette /data
ENV PATH=/opt/zapette/bin:$PATH ZAPETTE_DATA_DIR=/data ZAPETTE_MEDIA_DIR=/media
USER zapette
VOLUME /data
EXPOSE 8000 1883
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-m", "zapette_server.local_web"]
CMD ["zapette", "run"]
