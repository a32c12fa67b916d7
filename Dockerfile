FROM node:24-slim AS pages
WORKDIR /static
COPY static/package.json static/package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM python:3.13-slim
WORKDIR /zapette
COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY . .
COPY --from=pages /static/node_modules static/node_modules
RUN pip install --no-cache-dir --no-build-isolation --no-deps -e . \
    && useradd --system --uid 1000 zapette && mkdir /data /media && chown zapette /data
USER zapette
VOLUME /data
EXPOSE 8000 1883 8083
CMD ["zapette", "run"]
