/** The user of the Ubuntu images: builds log in as it, and runners run as it. */
export const UBUNTU_USER = 'ubuntu';
