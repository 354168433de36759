# The page and the command line.
#   docker build -t huggingtweets .                             for the CPU
#   docker build --build-arg TORCH=cu130 -t huggingtweets .     for GPUs of NVIDIA
#   docker run --rm -p 127.0.0.1:7860:7860 huggingtweets        the page, in sessions that end after two hours
#   docker run --rm -v "$PWD:/data" huggingtweets train posts.zip
# Your models are then in models/ of the current folder, your posts and unfinished trainings in .huggingtweets.
FROM python:3.12-slim

# What PyTorch computes on: cpu, or a version of CUDA as `uv pip install --torch-backend` names them.
ARG TORCH=cpu
ARG UV=0.13.9

RUN pip install --no-cache-dir "uv==${UV}" \
 && useradd --create-home --uid 1000 user
WORKDIR /src
COPY . .
RUN uv pip install --system --no-cache --compile-bytecode \
    --torch-backend "${TORCH}" --constraint constraints.txt '.[app,lora,serve]' \
 && mkdir /data && chown user /data

USER 1000
WORKDIR /data
ENV HUGGINGTWEETS_HOME=/data/.huggingtweets
EXPOSE 7860
ENTRYPOINT ["huggingtweets"]
CMD ["app", "--host", "0.0.0.0", "--public", "--no-browser"]
