# Right and left lung of what lies in a folder, into another folder; or a DICOM node. See docs/how-to/container.md.
ARG PYTHON=3.13.7-slim-bookworm

FROM python:${PYTHON} AS build
WORKDIR /build
COPY . .
RUN python -m venv /opt/pleura \
    && /opt/pleura/bin/pip install --no-cache-dir --constraint constraints.txt '.[dicom,dicomweb,node]' \
    && /opt/pleura/bin/pip uninstall --yes pip

FROM python:${PYTHON}
LABEL org.opencontainers.image.title="pleura" \
      org.opencontainers.image.description="Right and left lung from any chest CT or radiograph" \
      org.opencontainers.image.licenses="Apache-2.0 AND CC-BY-NC-SA-4.0"
COPY --from=build /opt/pleura /opt/pleura
COPY container/segment-folder /usr/local/bin/segment-folder
# Nothing is written but to the folder for results, and for archives and the like to /tmp, if there is one.
ENV PATH="/opt/pleura/bin:$PATH" HOME=/tmp PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /tmp
USER 10001:10001
ENTRYPOINT ["segment-folder"]
