FROM node:24-slim AS pages
WORKDIR /static
COPY static/package.json static/package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund
COPY static ./
RUN npm run build

FROM python:3.13-slim
WORKDIR /zapette
COPY requirements.lock requirements-ffmpeg.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements.lock -r requirements-ffmpeg.lock
COPY . .
COPY --from=pages /static/dist static/dist
RUN pip install --no-cache-dir --no-build-isolation --no-deps -e . \
    && useradd --system --uid 1000 zapette && mkdir /data /media && chown zapette /data
USER zapette
VOLUME /data
EXPOSE 8000 1883
CMD ["zapette", "run"]
