/**
 * The accepted figures, by file name.
 * @module
 */
import mnistFigure3a from "./MNIST_figure3a.svg" with { type: "text" };
import mnistFigure3b from "./MNIST_figure3b.svg" with { type: "text" };
import mnistFigure3c from "./MNIST_figure3c.svg" with { type: "text" };
import mnistFigure4 from "./MNIST_figure4.svg" with { type: "text" };
import mnistFigure5 from "./MNIST_figure5.svg" with { type: "text" };
import mnistNoiselessRetraining from "./MNIST_noiseless_retraining.svg" with { type: "text" };
import cifar10Figure3a from "./CIFAR10_figure3a.svg" with { type: "text" };
import cifar10Figure3b from "./CIFAR10_figure3b.svg" with { type: "text" };
import cifar10Figure3c from "./CIFAR10_figure3c.svg" with { type: "text" };
import cifar10Figure4 from "./CIFAR10_figure4.svg" with { type: "text" };
import cifar10Figure5 from "./CIFAR10_figure5.svg" with { type: "text" };
import cifar10NoiselessRetraining from "./CIFAR10_noiseless_retraining.svg" with { type: "text" };
import mnistSgdFigure3a from "./MNIST_SGD_figure3a.svg" with { type: "text" };
import mnistSgdFigure3b from "./MNIST_SGD_figure3b.svg" with { type: "text" };
import mnistSgdFigure3c3d from "./MNIST_SGD_figure3c_3d.svg" with { type: "text" };
import mnistSgdNoiselessRetraining from "./MNIST_SGD_noiseless_retraining.svg" with { type: "text" };
import cifar10SgdFigure3a from "./CIFAR10_SGD_figure3a.svg" with { type: "text" };
import cifar10SgdFigure3b from "./CIFAR10_SGD_figure3b.svg" with { type: "text" };
import cifar10SgdFigure3c3d from "./CIFAR10_SGD_figure3c_3d.svg" with { type: "text" };
import cifar10SgdNoiselessRetraining from "./CIFAR10_SGD_noiseless_retraining.svg" with { type: "text" };

export const snapshots: Readonly<Record<string, string>> = {
  "MNIST_figure3a.svg": mnistFigure3a,
  "MNIST_figure3b.svg": mnistFigure3b,
  "MNIST_figure3c.svg": mnistFigure3c,
  "MNIST_figure4.svg": mnistFigure4,
  "MNIST_figure5.svg": mnistFigure5,
  "MNIST_noiseless_retraining.svg": mnistNoiselessRetraining,
  "CIFAR10_figure3a.svg": cifar10Figure3a,
  "CIFAR10_figure3b.svg": cifar10Figure3b,
  "CIFAR10_figure3c.svg": cifar10Figure3c,
  "CIFAR10_figure4.svg": cifar10Figure4,
  "CIFAR10_figure5.svg": cifar10Figure5,
  "CIFAR10_noiseless_retraining.svg": cifar10NoiselessRetraining,
  "MNIST_SGD_figure3a.svg": mnistSgdFigure3a,
  "MNIST_SGD_figure3b.svg": mnistSgdFigure3b,
  "MNIST_SGD_figure3c_3d.svg": mnistSgdFigure3c3d,
  "MNIST_SGD_noiseless_retraining.svg": mnistSgdNoiselessRetraining,
  "CIFAR10_SGD_figure3a.svg": cifar10SgdFigure3a,
  "CIFAR10_SGD_figure3b.svg": cifar10SgdFigure3b,
  "CIFAR10_SGD_figure3c_3d.svg": cifar10SgdFigure3c3d,
  "CIFAR10_SGD_noiseless_retraining.svg": cifar10SgdNoiselessRetraining,
};
